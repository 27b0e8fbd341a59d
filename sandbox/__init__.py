"""The outside world on loopback: the real parties' wire protocols, with knobs for what may go wrong.

A Django project of its own. It never imports the store and the store never imports it: they meet on the wire only.
"""
