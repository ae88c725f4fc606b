using System.Data.Common;
using Npgsql;

namespace TaskQ.Sql.Tests.Listen;

/// <summary>A connection through a pooler that shares those of the server: notifications go elsewhere.</summary>
internal sealed class MuteConnection(DbConnection inner) : PlainConnection(inner)
{
    public event NotificationEventHandler? Notification
    {
        add => Listeners++;
        remove => Listeners--;
    }

    public int Listeners { get; private set; }

    public Task WaitAsync(CancellationToken cancellationToken) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
}
