using System.Collections;
using System.Globalization;
using System.Reflection;
using MpVectors;
using Xunit;

namespace TaskQ.Tests.Add.Encode.MessagePack;

public sealed class TypeRefusalTests
{
    private readonly MessagePackSerializer _serializer = new();

    public static TheoryData<Type, string> Refused => new()
    {
        { typeof(Action), "delegate" },
        { typeof(Func<int>), "delegate" },
        { typeof(Task), "running operation" },
        { typeof(Task<int>), "running operation" },
        { typeof(ValueTask), "running operation" },
        { typeof(Stream), "stream" },
        { typeof(MemoryStream), "stream" },
        { typeof(Type), "describes code" },
        { typeof(MethodInfo), "describes code" },
        { typeof(nint), "depends on the machine" },
        { typeof(CancellationToken), "no value" },
        { typeof(INamed), "abstract" },
        { typeof(Shape), "abstract" },
        { typeof(IComparer), "abstract" },
        { typeof(IAsyncEnumerable<int>), "abstract" },
        { typeof(int[,,,,]), "dimensions" },
        { typeof(PrivateCtor), "no public constructor" },
        { typeof(NoMatchingCtor), "constructor" },
        { typeof(System.Net.IPAddress), "constructor" },
        { typeof(CultureInfo), "abstract" },
        { typeof(DcMixed), "Order" },
        { typeof(DcDuplicate), "Order 1" },
        { typeof(Endless<int>), "without end" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void GetWriterAndGetReader_TypeThatCannotBeSerialized_NameTypeReasonAndFix(Type type, string reason)
    {
        foreach (var method in new[] { nameof(MessagePackSerializer.GetWriter), nameof(MessagePackSerializer.GetReader) })
        {
            var exception = Assert.Throws<PayloadException>(() => typeof(MessagePackSerializer).GetMethod(method)!
                .MakeGenericMethod(type).Invoke(_serializer, BindingFlags.DoNotWrapExceptions, null, null, null));
            Assert.Contains(type.Name.Split('`', '[')[0], exception.Message, StringComparison.Ordinal);
            Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
            Assert.Contains("MessagePackOptions.AddFormatter", exception.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void GetWriter_MemberThatCannotBeSerialized_NamesThePathToIt()
    {
        var exception = Assert.Throws<PayloadException>(_serializer.GetWriter<List<InterfaceHolder>>);
        Assert.Contains("MpVectors.InterfaceHolder.N: MpVectors.INamed", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void GetWriter_AfterARefusal_RefusesAgainAndServesOthers()
    {
        Assert.Throws<PayloadException>(_serializer.GetWriter<Loop>);
        Assert.Throws<PayloadException>(_serializer.GetWriter<Loop>);
        Assert.Equal("81a14101", _serializer.Hex(new Outer { A = 1 }));
    }

    [Fact]
    public void Write_ObjectOfARefusedType_Throws() =>
        Assert.Throws<PayloadException>(() => _serializer.Encode<object>(() => { }));

    [Fact]
    public void Write_LazySequenceAsObject_WritesItsItems() =>
        Assert.Equal("920103", _serializer.Hex<object>(Enumerable.Range(1, 3).Where(i => i != 2)));

    [Fact]
    public void Read_SequenceThatOnlyCanBeWritten_Throws() =>
        Assert.Throws<PayloadException>(() => _serializer.Decode<OnlyEnumerable>("9101"));

    public sealed class Endless<T>
    {
        public Endless<Endless<T>>? Next { get; set; }
    }

    public sealed class Loop
    {
        public Loop? Next { get; set; }

        public Stream? Bad { get; set; }
    }

    public sealed class OnlyEnumerable(int first) : IEnumerable<int>
    {
        public IEnumerator<int> GetEnumerator() => Enumerable.Repeat(first, 1).GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
