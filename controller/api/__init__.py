"""The resources as frozen models, and the CustomResourceDefinitions made from them. No I/O, no clock."""
