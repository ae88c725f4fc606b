namespace TaskQ.Sql.Store;

/// <summary>A name on its way into the table.</summary>
/// <param name="Key">The name.</param>
/// <param name="Queue">The queue's number.</param>
/// <param name="Message">The id of the message that takes it.</param>
/// <param name="Window">For how long, in microseconds.</param>
/// <param name="Ends">Whether it is free as soon as the message ends.</param>
internal readonly record struct NameRow(byte[] Key, long Queue, byte[] Message, long Window, bool Ends)
{
    public SqlStatement SetTo(SqlStatement statement) => statement
        .Set("@name", Key)
        .Set("@queue", Queue)
        .Set("@message", Message)
        .Set("@window", Window)
        .Set("@name_ends", Ends ? 1L : 0L);
}
