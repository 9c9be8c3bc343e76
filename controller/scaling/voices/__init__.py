"""Voices: each proposes replicas, or stays silent with a reason. Which of them wins is plan.py's business."""
