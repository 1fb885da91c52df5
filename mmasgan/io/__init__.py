"""Photographs and videos as files; nothing here needs PyTorch."""
