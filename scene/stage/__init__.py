"""A stage in the scene: the relief of one photo with its matched camera, its layers and its sky."""
