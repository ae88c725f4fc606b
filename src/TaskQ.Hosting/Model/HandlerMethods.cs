using System.Diagnostics.CodeAnalysis;
using System.Linq.Expressions;
using System.Reflection;

namespace TaskQ.Hosting.Model;

/// <summary>Finds the methods of a class that are marked with <see cref="TaskHandlerAttribute"/>.</summary>
internal static class HandlerMethods
{
    private const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.FlattenHierarchy;

    /// <summary>The handlers of a class by their tasks' names, as delegates whose first parameter is the instance.</summary>
    /// <exception cref="ArgumentException">There is none, two have one name, or one can't be a handler.</exception>
    [RequiresUnreferencedCode("The methods are found by reflection.")]
    [RequiresDynamicCode("The handlers are compiled at run time.")]
    public static IReadOnlyDictionary<string, Delegate> Find(Type type)
    {
        var found = new Dictionary<string, MethodInfo>(StringComparer.Ordinal);
        foreach (MethodInfo method in type.GetMethods(All))
        {
            if (method.GetCustomAttribute<TaskHandlerAttribute>() is not { } mark)
            {
                continue;
            }

            if (FindFault(method) is { } fault)
            {
                throw new ArgumentException($"{type}.{method.Name} can't handle the task '{mark.Name}': it {fault}");
            }

            if (!found.TryAdd(mark.Name, method))
            {
                throw new ArgumentException(
                    $"{type}.{found[mark.Name].Name} and {type}.{method.Name} both handle the task '{mark.Name}'; give one of them another name.");
            }
        }

        return found.Count > 0
            ? found.ToDictionary(pair => pair.Key, pair => Open(type, pair.Value), StringComparer.Ordinal)
            : throw new ArgumentException($"{type} has no handler: mark its public methods with [TaskHandler(\"name\")].");
    }

    private static string? FindFault(MethodInfo method) =>
        method.IsStatic ? "is static; make it an instance method, or register it by AddTask."
        : !method.IsPublic ? "is not public; make it so."
        : method.ContainsGenericParameters ? "is generic, and nothing says with which types; make it a method of fixed types."
        : method.GetParameters().FirstOrDefault(parameter => parameter.ParameterType.IsByRef) is { } byRef
            ? $"takes '{byRef.Name}' by reference (ref, out or in), which a message can't be; take it by value."
        : method.ReturnType.IsByRef ? "returns a reference; return void, a value or a task."
        : null;

    [RequiresDynamicCode("The delegate's type is made at run time.")]
    private static Delegate Open(Type type, MethodInfo method) =>
        method.CreateDelegate(Expression.GetDelegateType(
            [type, .. method.GetParameters().Select(parameter => parameter.ParameterType), method.ReturnType]));
}
