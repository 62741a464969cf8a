"""A stand-in for the Texas database: rendered portrait/range pairs of people who do not exist."""
