using System.Runtime.Serialization;
using MpVectors;
using Xunit;

namespace TaskQ.Tests.Add.Encode.MessagePack;

public sealed class MemberTests
{
    private readonly MessagePackSerializer _serializer = new();

    [Fact]
    public void Read_UnknownMembers_AreSkipped()
    {
        var bytes = _serializer.Encode(new Dictionary<string, object?>
        {
            ["New"] = new object?[] { 1, new Dictionary<string, object> { ["deep"] = new byte[3] }, DateTime.UnixEpoch, 1.5, null },
            ["Zip"] = 7,
            ["Other"] = "x",
        });
        Assert.Equal(7, _serializer.Decode<Address>(bytes).Zip);
    }

    [Fact]
    public void Read_KeysThatAreNoStrings_AreSkipped() =>
        Assert.Equal(7, _serializer.Decode<Address>("8301a178910203a35a697007").Zip);

    [Fact]
    public void Read_MissingMembers_KeepTheirInitialValues()
    {
        var value = _serializer.Decode<Initialised>("80");
        Assert.Equal((5, "five"), (value.Number, value.Text));
    }

    [Fact]
    public void Read_MissingArgumentsOfARecord_TakeTheDefaultsOfTheirParameters()
    {
        Assert.Equal(new WithDefaults(null, 3, DayOfWeek.Friday, 1.5m, 7), _serializer.Decode<WithDefaults>("80"));
        Assert.Equal(new WithDefaults("n", 3, DayOfWeek.Friday, 1.5m, 7), _serializer.Decode<WithDefaults>("81a44e616d65a16e"));
    }

    [Fact]
    public void Read_MissingRequiredMember_ThrowsAndNamesIt()
    {
        var exception = Assert.Throws<PayloadException>(() => _serializer.Decode<Required>("81a14201"));
        Assert.Contains("Required.A is required", exception.Message, StringComparison.Ordinal);
        Assert.Equal(1, _serializer.Decode<Required>("81a14101").A);
        Assert.Throws<PayloadException>(() => _serializer.Decode<RequiredInArray>("90"));
    }

    [Fact]
    public void Read_ArrayOfALaterVersion_SkipsWhatIsNew()
    {
        var value = _serializer.Decode<DcOrder>("9501a162c39101a178");
        Assert.Equal((1, "b", true), (value.A, value.B, value.C));
    }

    [Fact]
    public void Read_ArrayOfAnEarlierVersion_LeavesWhatIsMissing() =>
        Assert.Equal((1, null, false), _serializer.Decode<DcOrder>("9101") is var v ? (v.A, v.B, v.C) : default);

    [Fact]
    public void Read_MembersInAnotherOrder_AreFound() =>
        Assert.Equal(("s", 1), _serializer.Decode<Address>("82a35a697001a6537472656574a173") is var a ? (a.Street, a.Zip) : default);

    [Fact]
    public void Read_DataContractWithPrivateSetter_SetsIt() =>
        Assert.Equal(1, _serializer.Decode<DcPrivateSetter>("82a14101a14202").A);

    [Fact]
    public void Read_NilForAStruct_Throws() => Assert.Throws<PayloadException>(() => _serializer.Decode<PointProps>("c0"));

    [Fact]
    public void Read_TupleOfAnotherLength_Throws() =>
        Assert.Throws<PayloadException>(() => _serializer.Decode<(int, int)>("93010203"));

    [Fact]
    public void Read_SetterThatThrows_BecomesAPayloadException()
    {
        var exception = Assert.Throws<PayloadException>(() => _serializer.Decode<Throwing>("81a556616c756501"));
        Assert.IsType<InvalidDataException>(exception.InnerException);
    }

    [Fact]
    public void Write_CyclicValue_ThrowsAtTheDepthLimit()
    {
        var person = new Person();
        person.Boss = person;
        var exception = Assert.Throws<PayloadException>(() => _serializer.Encode(person));
        Assert.Contains("deeper than 64", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WriteAndRead_InternalType_Works() =>
        Assert.Equal(3, _serializer.Decode<NotPublic>(_serializer.Encode(new NotPublic { A = 3 })).A);

    [Fact]
    public void Read_WrongTypeOfMember_SaysWhereAndWhat()
    {
        var exception = Assert.Throws<PayloadException>(() => _serializer.Decode<Address>("81a35a6970a178"));
        Assert.Contains("at byte 5: expected an integer, found a string", exception.Message, StringComparison.Ordinal);
    }

    public sealed class Initialised
    {
        public int Number { get; set; } = 5;

        public string Text { get; init; } = "five";
    }

    public sealed record WithDefaults(string? Name, int Count = 3, DayOfWeek Day = DayOfWeek.Friday, decimal Price = 1.5m, int? Maybe = 7);

    public sealed class Required
    {
        [DataMember(IsRequired = true)]
        public int A { get; set; }
    }

    [DataContract]
    public sealed class RequiredInArray
    {
        [DataMember(Order = 0, IsRequired = true)]
        public int A { get; set; }
    }

    public sealed class Throwing
    {
        public int Value
        {
            get => 0;
            set => throw new InvalidDataException($"{value} is refused");
        }
    }
}
