"""The strong open networks, from files that the user has: one module per library that opens them, each with `open_provider(card, settings)`.

Only here, and only inside functions, are PyTorch and the libraries on top of it imported. They come from the optional pack or from
a folder that the user points at. Nothing is ever fetched: files are local, safetensors or ONNX.
"""
