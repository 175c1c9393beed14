"""Charts with questions (App. B: chart interpretation): data, drawing by matplotlib, questions with answers computed
from the data."""
