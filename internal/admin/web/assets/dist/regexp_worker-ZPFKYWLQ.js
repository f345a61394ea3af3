onmessage=({data:{pattern:s,paths:a}})=>{try{let e=new RegExp(s);postMessage({matches:a.map(t=>e.test(t))})}catch(e){postMessage({error:e.message})}};
