"""Jobs: what a worker is asked, who starts it, and what becomes of its answer."""
