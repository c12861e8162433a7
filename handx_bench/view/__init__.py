"""Looking at motions and reports: picture strips, videos, an interactive page. Only the command line imports this."""
