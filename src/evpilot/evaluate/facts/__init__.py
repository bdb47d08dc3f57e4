"""What happened in a drive, as arrays: motion, places on the road, the way, encounters. No judgement yet."""
