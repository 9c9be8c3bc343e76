"""The door to Kubernetes."""
