namespace TaskQ.Redis.Add;

/// <summary>A call of a lane.</summary>
/// <param name="Lane">The lane's id, 16 random bytes.</param>
/// <param name="Number">Its number in the lane, 1 for the first.</param>
/// <param name="KeepsLane">Whether the store must keep the lane for longer.</param>
internal readonly record struct AddCall(byte[] Lane, long Number, bool KeepsLane);
