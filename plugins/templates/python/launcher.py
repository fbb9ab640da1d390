#!/usr/bin/env python3
"""Runs the plugin from this directory; pip makes a program of its own."""

import sys

import @MODULE@

sys.exit(@MODULE@.main())
