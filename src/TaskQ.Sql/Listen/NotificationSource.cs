using System.Data.Common;
using System.Reflection;

namespace TaskQ.Sql.Listen;

/// <summary>
/// The notifications of a driver, which ADO.NET does not know of: an event <c>Notification</c> whose arguments have a text
/// <c>Payload</c>, and a method <c>Task WaitAsync(CancellationToken)</c> that ends after one. They are looked up by name, once for
/// each listening connection, so that no driver is referenced: https://www.npgsql.org/doc/wait.html
/// </summary>
internal sealed class NotificationSource : IDisposable
{
    private readonly DbConnection _connection;
    private readonly EventInfo _event;
    private readonly Delegate _handler;
    private readonly Func<CancellationToken, Task> _wait;

    private NotificationSource(DbConnection connection, EventInfo notification, Delegate handler, Func<CancellationToken, Task> wait)
    {
        _connection = connection;
        _event = notification;
        _handler = handler;
        _wait = wait;
        _event.AddEventHandler(connection, handler);
    }

    /// <summary>Hears what the server sends over a connection; null if the driver can't.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="onPayload">Gets the text of each notification, in the thread that waits.</param>
    public static NotificationSource? Open(DbConnection connection, Action<string> onPayload)
    {
        Type type = connection.GetType();
        MethodInfo? wait = type.GetMethod("WaitAsync", [typeof(CancellationToken)]);
        if (type.GetEvent("Notification") is not { EventHandlerType: { } handlerType } notification
            || wait is null
            || !typeof(Task).IsAssignableFrom(wait.ReturnType)
            || handlerType.GetMethod("Invoke")?.GetParameters() is not [_, { ParameterType: var arguments }]
            || arguments.GetProperty("Payload") is not { GetMethod: { } getter } payload
            || payload.PropertyType != typeof(string))
        {
            return null;
        }

        Type listener = typeof(Listener<>).MakeGenericType(arguments);
        object target = Activator.CreateInstance(listener, onPayload, getter)!;
        return new NotificationSource(
            connection,
            notification,
            Delegate.CreateDelegate(handlerType, target, nameof(Listener<>.OnNotification)),
            wait.CreateDelegate<Func<CancellationToken, Task>>(connection));
    }

    /// <summary>Waits for a notification, which has been passed on when this ends.</summary>
    public Task WaitAsync(CancellationToken cancellationToken) => _wait(cancellationToken);

    public void Dispose() => _event.RemoveEventHandler(_connection, _handler);

    /// <summary>Takes an event's arguments, whose type only the driver knows.</summary>
    private sealed class Listener<TArguments>(Action<string> onPayload, MethodInfo getter)
        where TArguments : class
    {
        private readonly Func<TArguments, string> _payload = getter.CreateDelegate<Func<TArguments, string>>();

        public void OnNotification(object sender, TArguments arguments) => onPayload(_payload(arguments));
    }
}
