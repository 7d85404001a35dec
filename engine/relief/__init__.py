"""One photo's depth to a relief mesh, to layers, and to camera moves over them."""
