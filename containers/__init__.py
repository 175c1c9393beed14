"""How a stage is packed: image definitions, the engine that runs them, and what runs inside them."""
