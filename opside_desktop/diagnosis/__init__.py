"""Whether this installation is sound (`doctor`) and this program whole (`--self-test`).

The self-test works in a temporary folder, on loopback, with the sample seller: no data, settings
or secrets of anybody are looked at.
"""
