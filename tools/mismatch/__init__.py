"""Why two ends do not understand each other: known mistakes, tried out until one fits."""
