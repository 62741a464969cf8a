"""What people wear in front of the face: glasses, and strands of hair."""
