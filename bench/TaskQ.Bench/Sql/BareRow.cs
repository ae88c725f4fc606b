namespace TaskQ.Bench.Sql;

/// <summary>What the bare statements insert.</summary>
/// <param name="Id">An id of 16 bytes.</param>
/// <param name="Due">When it is due, in microseconds since 1970.</param>
/// <param name="Body">As many bytes as a message's frame has.</param>
internal readonly record struct BareRow(byte[] Id, long Due, byte[] Body);
