"""A café with an inventory report, on a schedule and on request."""

from pathlib import Path

SHARED = Path(__file__).resolve().parents[2]
"""What the café has in every language: its functions' code, its website, its menu and its data."""
