"""Whether this program is whole: `opside-desktop --self-test`, packaged or not.

Everything happens in a temporary folder, on loopback, with the sample seller: no data, settings
or secrets of anybody are looked at.
"""
