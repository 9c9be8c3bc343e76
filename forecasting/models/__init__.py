"""What every load model promises, and the list of them."""
