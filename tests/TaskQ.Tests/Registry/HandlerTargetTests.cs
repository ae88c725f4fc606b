using System.Linq.Expressions;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using TaskQ.Registry;
using Xunit;

namespace TaskQ.Tests.Registry;

public sealed class HandlerTargetTests
{
    private readonly List<string> _calls = [];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task InvokeAsync_OpenDelegate_IsCalledOnAnInstanceThatEndsWithTheRun(bool registered)
    {
        var services = new ServiceCollection().AddSingleton(_calls);
        if (registered)
        {
            services.AddScoped<Target>();
        }

        await using ServiceProvider provider = services.BuildServiceProvider();
        TaskDefinition task = TestQueue.Register(Open<Target>(nameof(Target.Call)), services: provider);

        await TestQueue.RunAsync(task, task.WithArgs("a", 2).Arguments);
        await TestQueue.RunAsync(task, task.WithArgs("b").Arguments, encoded: true);

        Assert.Equal(["made", "a2", "disposed", "made", "b7", "disposed"], _calls);
    }

    [Fact]
    public async Task InvokeAsync_OpenDelegateWithoutServices_MakesWhatNeedsNone()
    {
        TaskDefinition task = TestQueue.Register(Open<Plain>(nameof(Plain.Fill)));
        var list = new List<int>();

        await TestQueue.RunAsync(task, task.WithArgs(list).Arguments);

        Assert.Equal([1], list);
    }

    [Fact]
    public async Task InvokeAsync_InstanceThatCantBeDisposed_StillEndsItsScope()
    {
        bool ended = false;
        await using ServiceProvider provider = new ServiceCollection()
            .AddScoped(_ => new Ending(() => ended = true))
            .BuildServiceProvider();
        TaskDefinition task = TestQueue.Register(Open<Broken>(nameof(Broken.Call)), services: provider);

        await Assert.ThrowsAsync<IOException>(() => TestQueue.RunAsync(task, task.WithArgs().Arguments));

        Assert.True(ended);
    }

    [Fact]
    public void Register_OpenDelegateOfStruct_IsRefused()
    {
        var error = Assert.Throws<ArgumentException>(() => TestQueue.Register(Delegate.CreateDelegate(
            Expression.GetDelegateType(typeof(Point).MakeByRefType(), typeof(void)), typeof(Point).GetMethod(nameof(Point.Move))!)));

        Assert.Contains("is passed by reference", error.Message, StringComparison.Ordinal);
    }

    private static Delegate Open<T>(string name)
    {
        MethodInfo method = typeof(T).GetMethod(name)!;
        return method.CreateDelegate(Expression.GetDelegateType(
            [typeof(T), .. method.GetParameters().Select(parameter => parameter.ParameterType), method.ReturnType]));
    }

    private struct Point
    {
        public int X;

        public void Move() => X++;
    }

    private sealed class Plain
    {
        public void Fill(List<int> list) => list.Add(1);
    }

    private sealed class Ending(Action end) : IDisposable
    {
        public void Dispose() => end();
    }

    private sealed class Broken(Ending ending) : IDisposable
    {
        public void Call() => Assert.NotNull(ending);

        public void Dispose() => throw new IOException();
    }

    private sealed class Target : IAsyncDisposable
    {
        private readonly List<string> _calls;

        public Target(List<string> calls)
        {
            _calls = calls;
            calls.Add("made");
        }

        public async Task Call(string name, int size = 7, [Inject] List<string>? calls = null)
        {
            await Task.Yield();
            Assert.Same(_calls, calls);
            _calls.Add($"{name}{size}");
        }

        public ValueTask DisposeAsync()
        {
            _calls.Add("disposed");
            return default;
        }
    }
}
