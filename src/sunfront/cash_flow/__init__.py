"""The cash-flow table of a design: what is paid and received, when, and for what."""
