/// Engine
