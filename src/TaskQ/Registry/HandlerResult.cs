using System.Linq.Expressions;
using System.Reflection;

namespace TaskQ.Registry;

/// <summary>Turns what a handler returns into the end of its run; the result itself is ignored.</summary>
internal static class HandlerResult
{
    private const BindingFlags Helpers = BindingFlags.Static | BindingFlags.NonPublic;

    /// <summary>Whether a handler may return this: neither a reference nor something awaitable that would not be awaited.</summary>
    public static bool IsSupported(Type result)
    {
        if (result.IsByRef || result.IsByRefLike || result.IsPointer)
        {
            return false;
        }

        if (typeof(Task).IsAssignableFrom(result) || result == typeof(ValueTask) || IsGenericValueTask(result))
        {
            return !(result.IsGenericType && IsAwaitable(result.GetGenericArguments()[0]));
        }

        return !IsAwaitable(result);
    }

    /// <summary>An expression that calls the handler and is of type <see cref="ValueTask"/>.</summary>
    public static Expression Await(Expression call, HandlerPlan plan)
    {
        Type result = call.Type;
        if (result == typeof(ValueTask))
        {
            return call;
        }

        if (IsGenericValueTask(result))
        {
            MethodInfo discard = Helper(nameof(Discard)).MakeGenericMethod(result.GetGenericArguments());
            return Expression.Call(discard, call);
        }

        if (typeof(Task).IsAssignableFrom(result))
        {
            return Expression.Call(Helper(nameof(FromTask)), call, Expression.Constant(plan));
        }

        // What is declared as an object may be a task all the same, and its failure must count.
        return !result.IsValueType && result.IsAssignableFrom(typeof(Task))
            ? Expression.Call(Helper(nameof(FromObject)), call)
            : Expression.Block(call, Expression.Default(typeof(ValueTask)));
    }

    private static bool IsGenericValueTask(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ValueTask<>);

    private static bool IsAwaitable(Type type) =>
        type.GetMethod("GetAwaiter", BindingFlags.Instance | BindingFlags.Public, Type.EmptyTypes) is not null;

    private static MethodInfo Helper(string name) => typeof(HandlerResult).GetMethod(name, Helpers)!;

    private static ValueTask FromTask(Task? task, HandlerPlan plan) =>
        task is null ? throw plan.NullTask() : new ValueTask(task);

    private static ValueTask FromObject(object? result) => result switch
    {
        Task task => new ValueTask(task),
        ValueTask task => task,
        _ => default,
    };

    private static ValueTask Discard<T>(ValueTask<T> task)
    {
        if (!task.IsCompletedSuccessfully)
        {
            return new ValueTask(task.AsTask());
        }

        // A pooled source goes back to its pool when its result is taken.
        _ = task.GetAwaiter().GetResult();
        return default;
    }
}
