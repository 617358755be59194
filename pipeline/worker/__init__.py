"""What runs in processes of its own; the only rooms that import ultralytics, torch, tensorflow."""
