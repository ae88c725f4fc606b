using System.Reflection;
using System.Runtime.CompilerServices;

namespace TaskQ.Registry;

/// <summary>Reads a delegate's parameters, and refuses delegates whose failures would be lost or that can't be called.</summary>
internal static class DelegateSignature
{
    /// <summary>The parameters of a delegate.</summary>
    /// <exception cref="ArgumentException">The delegate can't be a handler.</exception>
    public static DelegateParameter[] Read(Delegate handler, string taskName, string role)
    {
        MethodInfo method = handler.Method;
        if (FindFault(handler, method) is { } fault)
        {
            throw new ArgumentException($"Task '{taskName}': the {role} '{method.Name}' {fault}", nameof(handler));
        }

        // They may differ by one at the front: a delegate can be closed over the first argument of a static method.
        ParameterInfo[] invoked = InvokeOf(handler).GetParameters();
        // A method that was compiled at run time has no type, and nothing of use to say about its parameters.
        ParameterInfo[] declared = method.DeclaringType is null ? [] : method.GetParameters();
        bool isOpen = method is { IsStatic: false, DeclaringType: not null } && invoked.Length == declared.Length + 1;
        var parameters = new DelegateParameter[invoked.Length];
        for (int i = 0; i < invoked.Length; i++)
        {
            int match = declared.Length - invoked.Length + i;
            parameters[i] = new DelegateParameter(i, invoked[i], match < 0 ? null : declared[match], isOpen && i == 0);
        }

        return parameters;
    }

    public static MethodInfo InvokeOf(Delegate handler) => handler.GetType().GetMethod("Invoke")!;

    private static string? FindFault(Delegate handler, MethodInfo method)
    {
        Type result = InvokeOf(handler).ReturnType;
        if (!handler.HasSingleTarget)
        {
            return "calls several methods; combine them in one, so that one failure fails the attempt.";
        }

        if (method.ContainsGenericParameters)
        {
            return "is an open generic method; close it over its types.";
        }

        if (method.ReturnType == typeof(void) && method.IsDefined(typeof(AsyncStateMachineAttribute)))
        {
            return "is async void, so its failure would end the process; return Task.";
        }

        if (method.IsDefined(typeof(IteratorStateMachineAttribute))
            || method.IsDefined(typeof(AsyncIteratorStateMachineAttribute))
            || result.GetInterfaces().Append(result).Any(IsAsyncEnumerable))
        {
            return "is an iterator, whose body nobody would run; return Task.";
        }

        return HandlerResult.IsSupported(result)
            ? null
            : $"returns {TypeName.Of(result)}, which can't be awaited; return void, a value, Task, ValueTask, Task<T> or ValueTask<T>.";
    }

    private static bool IsAsyncEnumerable(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IAsyncEnumerable<>);
}
