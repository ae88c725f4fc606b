using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using TaskQ.Dispatch;

namespace TaskQ.Registry;

/// <summary>The instance that a handler is a method of, for a delegate that is open over it: the message's scope has it, or it is made for the message.</summary>
[SuppressMessage("Trimming", "IL2091", Justification = "Reached only from members that require unreferenced code.")]
internal sealed class TargetParameter<T> : ServiceParameter
    where T : class
{
    private ObjectFactory<T>? _create;

    public T Resolve(Invocation invocation)
    {
        IServiceProvider services = invocation.Services;
        if (services.GetService(typeof(T)) is T registered)
        {
            return registered;
        }

        T made = (_create ??= ActivatorUtilities.CreateFactory<T>([]))(services, []);
        invocation.DisposeAtEnd(made);
        return made;
    }
}
