"""Rivals: other people's autoscalers, rebuilt to be met in the same world. Each file is one of them."""
