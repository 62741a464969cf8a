"""A job: many photos, unattended, on however many processes and machines.

``plan`` says which photos there are to do, ``work`` is what one process does with a few of them, ``engine`` hands
them out and deals with what goes wrong, ``cluster`` is where the processes come from, ``record`` is what is said in
the morning.
"""
