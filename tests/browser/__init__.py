"""The interactive views in a real browser: Chromium, driven by Playwright, cut off from the network."""
