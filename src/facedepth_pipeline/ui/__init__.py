"""The desktop window, ``facedepth ui``: choose a photo, see the face in 3-D.

Two processes. The window's draws and listens, and knows Kivy and NumPy alone (``app``, the widgets, ``window.kv``).
A child of it does everything that takes long (``worker``) and is asked by ``messages``; TensorFlow lives there, so it
never stalls a frame, and what kills it leaves the window and the result in it alone.
"""
