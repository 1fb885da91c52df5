"""What the paper reports, computed again; run from a clone."""
