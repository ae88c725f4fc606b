namespace TaskQ.Dispatch;

/// <summary>The hooks of a consumer, folded into one delegate whose innermost step calls the handler.</summary>
internal static class HookChain
{
    public static TaskDelegate Build(IReadOnlyList<IConsumerHook> hooks)
    {
        TaskDelegate chain = CallHandlerAsync;
        for (int i = hooks.Count - 1; i >= 0; i--)
        {
            IConsumerHook hook = hooks[i];
            TaskDelegate next = chain;
            chain = context => hook.InvokeAsync(context, next);
        }

        return chain;
    }

    private static async Task CallHandlerAsync(TaskContext context)
    {
        Invocation invocation = context.Invocation;
        invocation.HandlerSucceeded = false;
        await invocation.Handler!.InvokeAsync(invocation.Message.Arguments, invocation).ConfigureAwait(false);
        invocation.HandlerSucceeded = true;
    }
}
