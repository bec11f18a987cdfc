"""Tests of both packages; those on real traffic skip where that data is absent."""
