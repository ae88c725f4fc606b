using System.Linq.Expressions;
using System.Reflection;
using static System.Linq.Expressions.Expression;

namespace TaskQ.Add.Encode.MessagePack;

/// <summary>Compiles the writer and the reader of a type from its layout, so that no value is boxed and no member is looked up by reflection.</summary>
internal sealed class ObjectCompiler<T>(ObjectLayout layout)
{
    private const BindingFlags Any = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    private static readonly MethodInfo WriteRaw = typeof(MessagePackWriter).GetMethod(nameof(MessagePackWriter.WriteRaw), Any, [typeof(byte[])])!;
    private static readonly MethodInfo BeginObject = typeof(MessagePackWriter).GetMethod(nameof(MessagePackWriter.BeginObject), Any)!;
    private static readonly MethodInfo LeaveWriter = typeof(MessagePackWriter).GetMethod(nameof(MessagePackWriter.Leave), Any)!;
    private static readonly MethodInfo WriteNil = typeof(MessagePackWriter).GetMethod(nameof(MessagePackWriter.WriteNil))!;
    private static readonly MethodInfo BeginMap = typeof(MessagePackReader).GetMethod(nameof(MessagePackReader.BeginMap), Any)!;
    private static readonly MethodInfo BeginArray = typeof(MessagePackReader).GetMethod(nameof(MessagePackReader.BeginArray), Any)!;
    private static readonly MethodInfo LeaveReader = typeof(MessagePackReader).GetMethod(nameof(MessagePackReader.Leave), Any)!;
    private static readonly MethodInfo Skip = typeof(MessagePackReader).GetMethod(nameof(MessagePackReader.Skip))!;
    private static readonly MethodInfo CheckCount = typeof(MessagePackReader).GetMethod(nameof(MessagePackReader.CheckCount), Any)!;
    private static readonly MethodInfo CheckRequired = typeof(MessagePackReader).GetMethod(nameof(MessagePackReader.CheckRequired), Any)!;
    private static readonly MethodInfo ReadName = typeof(MemberNames).GetMethod(nameof(MemberNames.Read))!;

    private readonly ParameterExpression _writer = Parameter(typeof(MessagePackWriter).MakeByRefType(), "writer");
    private readonly ParameterExpression _reader = Parameter(typeof(MessagePackReader).MakeByRefType(), "reader");
    private readonly ParameterExpression _value = Variable(typeof(T), "value");
    private readonly ParameterExpression _count = Variable(typeof(int), "count");
    private readonly ParameterExpression _next = Variable(typeof(int), "next");
    private readonly ObjectSlot[] _slots = [.. layout.Slots];
    private readonly ParameterExpression[] _locals = [.. layout.Slots.Select(s => Variable(s.Type, s.Member.Name))];
    private readonly ParameterExpression[] _seen = [.. layout.Slots.Select(s => Variable(typeof(bool), s.Member.Name + "Seen"))];

    private bool HasParameters => layout.Constructor?.GetParameters().Length > 0;

    private int ArrayLength => _slots.Length == 0 ? 0 : _slots.Max(s => s.Index) + 1;

    public ObjectWrite<T> CompileWrite()
    {
        var written = _slots.Where(s => s.IsWritten).ToArray();
        var elements = layout.IsArray ? ArrayLength : written.Length;
        List<Expression> body =
        [
            Call(_writer, BeginObject, Constant(Header(elements)), Constant(layout.IsArray ? elements : 2 * elements)),
        ];
        if (layout.IsArray)
        {
            for (var i = 0; i < elements; i++)
            {
                var slot = Array.Find(written, s => s.Index == i);
                body.Add(slot is null ? Call(_writer, WriteNil) : WriteMember(slot));
            }
        }
        else
        {
            foreach (var slot in written)
            {
                body.Add(Call(_writer, WriteRaw, Constant(EncodedParts.Name(slot.Name))));
                body.Add(WriteMember(slot));
            }
        }

        body.Add(Call(_writer, LeaveWriter));
        return Lambda<ObjectWrite<T>>(Block(body), _writer, _value).Compile();
    }

    public ObjectRead<T> CompileRead()
    {
        List<Expression> body = [];
        if (HasParameters)
        {
            body.AddRange(_slots.Select((s, i) => (s, i)).Where(p => ParameterDefault(p.s) is not null).Select(p => Assign(_locals[p.i], ParameterDefault(p.s)!)));
        }
        else
        {
            body.Add(Assign(_value, New()));
        }

        body.Add(Assign(_count, Call(_reader, layout.IsArray ? BeginArray : BeginMap)));
        body.Add(layout.IsArray ? ReadArray() : ReadMap());
        body.Add(Call(_reader, LeaveReader));
        body.AddRange(_slots.Select((s, i) => (s, i)).Where(p => p.s.IsRequired)
            .Select(p => Call(_reader, CheckRequired, _seen[p.i], Constant($"{TypeNames.Of(typeof(T))}.{p.s.Name}"))));
        if (HasParameters)
        {
            body.Add(Assign(_value, New()));
            body.AddRange(_slots.Select((s, i) => (s, i)).Where(p => p.s is { IsSettable: true, Parameter: null })
                .Select(p => IfThen(_seen[p.i], Set(p.s, _locals[p.i]))));
        }

        body.Add(_value);
        return Lambda<ObjectRead<T>>(
            Block([_value, _count, _next, .. HasParameters ? _locals : [], .. _seen], body), _reader).Compile();
    }

    private byte[] Header(int count) => layout.IsArray ? EncodedParts.ArrayHeader(count) : EncodedParts.MapHeader(count);

    private MethodCallExpression WriteMember(ObjectSlot slot)
    {
        var formatter = typeof(Formatter<>).MakeGenericType(slot.Type);
        return Call(Constant(slot.Formatter, formatter), formatter.GetMethod("Write")!, _writer, MakeMemberAccess(_value, slot.Member));
    }

    private LoopExpression ReadMap()
    {
        var end = Label();
        var place = Variable(typeof(int), "place");
        var names = new MemberNames(_slots.Select(s => s.Name));
        var cases = _slots.Select((s, i) => SwitchCase(ReadMember(i), Constant(i))).ToArray();
        Expression skip = Call(_reader, Skip);
        return Loop(
            IfThenElse(
                GreaterThan(_count, Constant(0)),
                Block(
                    [place],
                    PreDecrementAssign(_count),
                    Assign(place, Call(Constant(names), ReadName, _reader, _next)),
                    Assign(_next, Increment(place)),
                    cases.Length == 0 ? skip : Switch(typeof(void), place, skip, null, cases)),
                Break(end)),
            end);
    }

    private BlockExpression ReadArray()
    {
        List<Expression> body = [];
        if (layout.IsExact)
        {
            body.Add(Call(_reader, CheckCount, _count, Constant(ArrayLength)));
        }

        for (var i = 0; i < ArrayLength; i++)
        {
            var slot = Array.FindIndex(_slots, s => s.Index == i);
            body.Add(IfThen(GreaterThan(_count, Constant(i)), slot < 0 ? Call(_reader, Skip) : ReadMember(slot)));
        }

        // What a later version of the type has added.
        var end = Label();
        body.Add(Assign(_next, Constant(ArrayLength)));
        body.Add(Loop(IfThenElse(LessThan(_next, _count), Block(PreIncrementAssign(_next), Call(_reader, Skip)), Break(end)), end));
        return Block(body);
    }

    private Expression ReadMember(int i)
    {
        var slot = _slots[i];
        if (slot is { IsSettable: false, Parameter: null })
        {
            return Call(_reader, Skip);
        }

        var formatter = typeof(Formatter<>).MakeGenericType(slot.Type);
        var read = Call(Constant(slot.Formatter, formatter), formatter.GetMethod("Read")!, _reader);
        var seen = Assign(_seen[i], Constant(true));
        return HasParameters
            ? Block(typeof(void), Assign(_locals[i], read), seen)
            : Block(typeof(void), Set(slot, read), seen);
    }

    private Expression Set(ObjectSlot slot, Expression value) => slot.Member is PropertyInfo property
        ? Call(_value, property.SetMethod!, value)
        : Assign(Field(_value, (FieldInfo)slot.Member), value);

    private Expression New()
    {
        if (layout.Constructor is null)
        {
            return Default(typeof(T));
        }

        var arguments = layout.Constructor.GetParameters().Select(p =>
        {
            Expression local = _locals[Array.FindIndex(_slots, s => s.Parameter == p)];
            return local.Type == p.ParameterType ? local : Convert(local, p.ParameterType);
        });
        return Expression.New(layout.Constructor, arguments);
    }

    // A missing argument takes the default of its parameter.
    private static UnaryExpression? ParameterDefault(ObjectSlot slot) =>
        slot.Parameter is { HasDefaultValue: true, DefaultValue: { } value } && slot.Parameter.ParameterType == slot.Type
            ? Convert(Constant(value), slot.Type)
            : null;
}
