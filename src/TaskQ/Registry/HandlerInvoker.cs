using TaskQ.Dispatch;

namespace TaskQ.Registry;

/// <summary>A handler compiled for one kind of <see cref="MessageArguments"/>.</summary>
internal delegate ValueTask HandlerInvoker(MessageArguments arguments, Invocation? invocation);
