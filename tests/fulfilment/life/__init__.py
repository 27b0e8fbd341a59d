"""A model of an attempt's life: suppliers with a truth of their own, a clock that a test turns, workers that die or are
overtaken between any two statements, and a witness that looks after each step."""
