"""The portal: HTML pages over the same use cases as the API, whole without a script."""
