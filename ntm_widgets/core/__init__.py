"""The neural topic model.

Before any room here loads PyTorch, OpenMP is asked to let threads sleep while they wait for each other. GNU OpenMP, which
PyTorch brings on Linux, reads these variables when it is loaded; by default its threads spin, and when another program wants
one of their cores, every small step of a training waits for a thread that is not running. Values of the user's own stay.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("GOMP_SPINCOUNT", "0")
