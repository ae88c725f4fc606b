using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Xunit;

namespace TaskQ.Tests.Registry;

/// <summary>What is refused at registration: each error names the task, the parameter and the reason.</summary>
public sealed class HandlerRefusalTests
{
    private static readonly Dictionary<string, (Delegate Handler, string Parameter, string Reason)> Handlers = new()
    {
        ["params array"] = (TakesParams, "'bad'", "params"),
        ["params lambda"] = ((params string[] bad) => { }, "'bad'", "params"),
        ["params collection"] = ((params List<string> bad) => { }, "'bad'", "params"),
        ["ref"] = ((ref int bad) => { }, "'bad'", "by reference"),
        ["out"] = ((out int bad) => { bad = 0; }, "'bad'", "by reference"),
        ["in"] = ((in int bad) => { }, "'bad'", "by reference"),
        ["span"] = ((Span<byte> bad) => { }, "'bad'", "ref struct"),
        ["read-only span"] = ((int good, ReadOnlySpan<char> bad) => { }, "'bad'", "ref struct"),
        ["optional before required"] = (OptionalFirst, "'bad'", "follows the optional parameter 'first'"),
        ["exception"] = ((Exception bad) => { }, "'bad'", "only a fallback handler"),
        ["unreadable"] = ((int good, Action bad) => { }, "'bad'", "can't be read"),
        ["unmarked service"] = ((int good, IFormatProvider bad) => { }, "'bad'", "[Inject]"),
        ["async void"] = (AsyncVoid, nameof(AsyncVoid), "async void"),
        ["async void lambda"] = ((Action)(async () => await Task.Yield()), "", "async void"),
        ["multicast"] = ((Action)Nothing + Nothing, nameof(Nothing), "several methods"),
        ["iterator"] = (Iterator, nameof(Iterator), "iterator"),
        ["async iterator"] = (AsyncIterator, nameof(AsyncIterator), "iterator"),
        ["nested task"] = (() => Task.FromResult(Task.CompletedTask), "", "can't be awaited"),
        ["other awaitable"] = (() => Task.Yield(), "", "can't be awaited"),
        ["reference result"] = (ReturnsReference, nameof(ReturnsReference), "can't be awaited"),
    };

    private static readonly Dictionary<string, (Delegate Fallback, string Parameter)> Fallbacks = new()
    {
        ["other type"] = ((string name, long bad) => { }, "'bad'"),
        ["too few"] = ((string name) => { }, "'size'"),
        ["too many"] = ((string name, int size, int bad) => { }, "'bad'"),
        ["other order"] = ((int bad, string name) => { }, "'bad'"),
        ["some exception"] = ((InvalidOperationException bad) => { }, "'bad'"),
        ["params"] = ((params string[] bad) => { }, "'bad'"),
    };

    private static readonly Dictionary<string, (Delegate Handler, string Parameter)> TypedHandlers = new()
    {
        ["other type"] = ((string name, long bad) => { }, "'bad'"),
        ["too few"] = ((string name) => { }, "'arg2'"),
        ["none"] = (() => { }, "'arg1'"),
        ["a value too many"] = ((string name, int size, int bad) => { }, "'bad'"),
        ["a string too many"] = ((string name, int size, string bad) => { }, "'bad'"),
        ["service before the arguments"] = ((IFormatProvider bad, string name, int size) => { }, "'bad'"),
        ["exception"] = ((string name, int size, Exception bad) => { }, "'bad'"),
    };

    public static TheoryData<string> HandlerCases => [.. Handlers.Keys];

    public static TheoryData<string> FallbackCases => [.. Fallbacks.Keys];

    public static TheoryData<string> TypedCases => [.. TypedHandlers.Keys];

    [Theory]
    [MemberData(nameof(HandlerCases))]
    public void RegisterTask_HandlerThatCannotBe_IsRefused(string name)
    {
        (Delegate handler, string parameter, string reason) = Handlers[name];

        ArgumentException error = Assert.Throws<ArgumentException>(() => TestQueue.Register(handler));

        AssertNames(error, "'t'", parameter, reason, "handler");
    }

    [Theory]
    [MemberData(nameof(FallbackCases))]
    public void RegisterTask_FallbackThatDoesNotMatch_IsRefused(string name)
    {
        (Delegate fallback, string parameter) = Fallbacks[name];

        ArgumentException error = Assert.Throws<ArgumentException>(
            () => TestQueue.Register((string name, int size) => { }, fallback));

        AssertNames(error, "'t'", parameter, "fallback handler");
    }

    [Theory]
    [MemberData(nameof(FallbackCases))]
    public void Handle_EarlierFallbackDoesNotMatch_IsRefused(string name)
    {
        (Delegate fallback, _) = Fallbacks[name];
        if (name is "some exception" or "params")
        {
            return; // Refused by RegisterTask already.
        }

        TaskDefinition task = TestQueue.Create().RegisterTask(new TaskOptions { Name = "t", FallbackHandler = fallback });

        Assert.Throws<ArgumentException>(() => task.Handle((string name, int size) => { }));
        Assert.Null(task.Handler);
    }

    [Theory]
    [MemberData(nameof(TypedCases))]
    public void Handle_TypedTaskOtherParameters_IsRefused(string name)
    {
        (Delegate handler, string parameter) = TypedHandlers[name];
        TaskDefinition<string, int> task = TestQueue.Create().RegisterTask<string, int>("t");

        ArgumentException error = Assert.Throws<ArgumentException>(() => task.Handle(handler));

        AssertNames(error, "'t'", parameter, "handler");
    }

    [Fact]
    public void RegisterTask_TypedFallbackOtherParameters_IsRefused()
    {
        TaskQueue queue = TestQueue.Create();

        Assert.Throws<ArgumentException>(() => queue.RegisterTask<string>(
            new TaskOptions { Name = "t", FallbackHandler = (int size) => { } }));
        Assert.Empty(queue.Tasks);
    }

    [Theory]
    [InlineData("all")]
    [InlineData("none")]
    [InlineData("injected only")]
    public void RegisterTask_FallbackThatMatches_IsBound(string kind)
    {
        var fallbacks = new Dictionary<string, Delegate>
        {
            ["all"] = (Exception error, string name, int size) => { },
            ["none"] = () => { },
            ["injected only"] = (Exception error, TaskMessage message, [Inject] IFormatProvider? service) => { },
        };

        Assert.NotNull(TestQueue.Register((string name, int size) => { }, fallbacks[kind]).Fallback);
    }

    [Fact]
    public void RegisterTask_NullHandler_NamesTheTask()
    {
        ArgumentNullException error = Assert.Throws<ArgumentNullException>(() => TestQueue.Create().RegisterTask("t", null!));

        AssertNames(error, "'t'", "handler is null");
    }

    [Fact]
    public void Handle_NullHandler_NamesTheTask()
    {
        TaskDefinition task = TestQueue.Create().RegisterTask("t");

        ArgumentNullException error = Assert.Throws<ArgumentNullException>(() => task.Handle(null!));

        AssertNames(error, "'t'", "handler is null");
    }

    [Fact]
    public void RegisterTask_TypeThatCannotBeWritten_NamesTaskAndType()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(
            () => TestQueue.Create().RegisterTask<string, Action>("t"));

        AssertNames(error, "'t'", "argument 2", "System.Action");
    }

    [Fact]
    public void RegisterTask_TypeThatIsInjected_IsRefused()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(
            () => TestQueue.Create().RegisterTask<string, CancellationToken>("t"));

        AssertNames(error, "'t'", "argument 2", "System.Threading.CancellationToken");
    }

    [Fact]
    public void RegisterTask_Refused_LeavesNothingBehind()
    {
        TaskQueue queue = TestQueue.Create();

        Assert.Throws<ArgumentException>(() => queue.RegisterTask("t", (ref int bad) => { }));

        Assert.Null(queue.FindTask("t"));
        Assert.NotNull(queue.RegisterTask("t", () => { }));
    }

    private static void AssertNames(ArgumentException error, params string[] parts) =>
        Assert.All(parts, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));

    private static void TakesParams(params int[] bad) => _ = bad;

    private static void OptionalFirst([Optional] int first, int bad) => _ = first + bad;

    private static async void AsyncVoid() => await Task.Yield();

    private static void Nothing()
    {
    }

    private static IEnumerable<int> Iterator()
    {
        yield return 1;
    }

    private static async IAsyncEnumerable<int> AsyncIterator()
    {
        await Task.Yield();
        yield return 1;
    }

    private static ref int ReturnsReference() => ref Unsafe.NullRef<int>();
}
