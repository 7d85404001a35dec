"""One photo's depth: the embedded network, the providers, the photo's edges, the focal length."""
