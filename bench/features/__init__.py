"""What a frozen trunk makes of texts, computed once and kept: in memory, and on disk in bounded room."""
