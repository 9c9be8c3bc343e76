"""Guards: what a proposed number is held back for. In which order they speak is limits.py's business."""
