namespace TaskQ.Sql.Listen;

/// <summary>A notification of a process to itself, used by one thread at a time.</summary>
internal sealed class ListenTest
{
    public string Text { get; private set; } = "";

    public bool IsHeard { get; private set; }

    public void Begin()
    {
        Text = Guid.NewGuid().ToString("N");
        IsHeard = false;
    }

    public void Hear(string text) => IsHeard |= text == Text;
}
