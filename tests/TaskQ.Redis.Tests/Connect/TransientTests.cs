using System.Runtime.CompilerServices;
using StackExchange.Redis;
using TaskQ.Redis.Connect;

namespace TaskQ.Redis.Tests.Connect;

public sealed class TransientTests
{
    [Theory]
    [InlineData("READONLY You can't write against a read only replica.", true)]
    [InlineData("ERR Error running script (call to f_ab): @user_script:12: @user_script: 12: -READONLY You can't write against a read only replica.", true)]
    [InlineData("MISCONF Redis is configured to save RDB snapshots, but it is currently not able to persist on disk.", true)]
    [InlineData("OOM command not allowed when used memory > 'maxmemory'.", false)]
    [InlineData("WRONGTYPE Operation against a key holding the wrong kind of value", false)]
    public void IsServerError_ErrorsOfTheServer_AreToldApart(string message, bool expected) =>
        Assert.Equal(expected, Transient.IsServerError(message));

    [Fact]
    public void Is_FaultOfTheClient_IsTrue()
    {
        var connection = (ConnectionMultiplexer)RuntimeHelpers.GetUninitializedObject(typeof(ConnectionMultiplexer));

        var error = Assert.Throws<NullReferenceException>(() => connection.GetEndPoints());

        Assert.True(Transient.Is(error));
    }

    [Fact]
    public void Is_FaultElsewhere_IsFalse()
    {
        string? none = null;

        Assert.False(Transient.Is(Assert.Throws<NullReferenceException>(() => _ = none!.Length)));
        Assert.False(Transient.Is(new InvalidOperationException { Source = "StackExchange.Redis" }));
    }
}
