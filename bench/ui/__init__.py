"""How fast the front ends are: a real JupyterLab, a real kernel and Chromium, one figure for each goal."""
